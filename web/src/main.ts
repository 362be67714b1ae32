import './elements/app/segue-app';
