import './elements/segue-app';
